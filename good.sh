cd /tmp/cmdtry
echo == optimise; slim optimise "out/opt ö" Fyne --end-date 2018-03-01 --generations 2 --population 4 --replicates 2 --finalists 2 --selection-seeds 2 --comparison-seeds 3 --workers 2 --quiet | cat; echo rc $?
slim run out/tuned Fyne --end-date 2018-03-01 --treatment-strategy "out/opt ö/best_policy.yaml" --quiet; echo rc $?
slim optimise "out/opt ö" Fyne --end-date 2018-03-01; echo rc $?
slim optimise "out/opt ö" --resume --quiet; echo rc $?
echo == rules; slim rules "out/rü" Fyne --runs 2 --only money effect_delay --end-date 2018-04-01; echo rc $?; ls "out/rü"
echo == study; slim study out/study --days 60 --runs 2 | tail -5; echo rc $?; ls out/study
echo == validate; slim validate /work/shared/data/slim-ensembles --only circle_untreated --runs 20 --out out/val | tail -5; ls out/val
echo == fit; slim fit Fyne_complete /work/shared/data/slim-config/Fyne_complete/report.csv --fit ext_pressure=10:1000:log --replicates 2 --generations 1 --pop-size 2 --simulations 50 --out "out/fi t" --end-date 2018-07-01 ; echo rc $?; cat "out/fi t/overrides.yaml"
slim run out/fitted Fyne_complete --overrides "out/fi t/overrides.yaml" --quiet; echo rc $?
grep -o "slim run[^<]*" "out/fi t/report.html"
