"""The organisation: the wild reservoir that all farms feed, and what it asks of the farms."""

from numba import njit

from .sampling import dirichlet


@njit(cache=True, nogil=True)
def update_reservoir(stream, eggs_today, average_days, learning_rate, gene_digit, mean_eggs, alpha, drawn, ratios):
    """Average the eggs of all farms and draw tomorrow's genotypes of the reservoir.

    Parameters
    ----------
    eggs_today : int64[n_genotypes]
    average_days : float
        Length of the exponential average ``mean_eggs`` float64[n_genotypes], updated in place.
    alpha : float64[n_genes, 3]
        Dirichlet parameters, moved by ``learning_rate`` towards the averaged composition, in place.
    drawn : float64[n_genes, 3]
        Scratch: today's draw for each gene.
    ratios : float64[n_genotypes]
        Filled: the product over the genes.
    """
    total = 0.0
    for g in range(mean_eggs.shape[0]):
        mean_eggs[g] = mean_eggs[g] * (average_days - 1.0) / average_days + eggs_today[g] / average_days
        total += mean_eggs[g]
    n_genes = alpha.shape[0]
    if total > 0.0:
        for g in range(mean_eggs.shape[0]):
            for gene in range(n_genes):
                alpha[gene, gene_digit[g, gene]] += learning_rate * mean_eggs[g] / total
    for gene in range(n_genes):
        dirichlet(stream, alpha[gene], drawn[gene])
    for g in range(ratios.shape[0]):
        ratios[g] = 1.0
        for gene in range(n_genes):
            ratios[g] *= drawn[gene, gene_digit[g, gene]]


@njit(cache=True, nogil=True)
def oversee(reported, suggested, enforced, n_strikes, strikes, to_cull, asked):
    """Ask every farm to treat when one reports too many lice, and order to fallow after repeated reports.

    ``reported`` float64[n_farms] is each farm's sampled aggregation of today, 0 where it did not sample.
    Each farm has its own thresholds ``suggested`` and ``enforced`` float64[n_farms], and its own ``n_strikes``
    int64[n_farms].  ``strikes``, ``to_cull`` and ``asked`` (int64[n_farms]) are updated in place.
    """
    ask = False
    for f in range(reported.shape[0]):
        to_cull[f] = 0
        if reported[f] >= suggested[f]:
            ask = True
        if reported[f] > 0.0:
            strikes[f] = strikes[f] + 1 if reported[f] >= enforced[f] else 0
            if strikes[f] >= n_strikes[f]:
                to_cull[f] = 1
                strikes[f] = 0
    for f in range(reported.shape[0]):
        asked[f] = 1 if ask else 0
