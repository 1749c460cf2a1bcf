"""The names of genotypes, as scenario files have them."""


def genotypes_of(gene: str) -> tuple[str, str, str]:
    """Those of one gene by its recessive allele, ``("a", "A", "Aa")``: recessive, dominant, heterozygous."""
    return gene, gene.upper(), gene.upper() + gene
