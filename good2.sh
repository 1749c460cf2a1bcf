cd /tmp/cmdtry
echo == fit; timeout 300 slim fit Fyne_complete /work/shared/data/slim-config/Fyne_complete/report.csv --fit ext_pressure=10:1000:log --replicates 2 --generations 1 --pop-size 4 --simulations 100 --out "out/fi t" --end-date 2018-07-01 ; echo rc $?; cat "out/fi t/overrides.yaml"
slim run out/fitted Fyne_complete --overrides "out/fi t/overrides.yaml" --quiet; echo rc $?
grep -o "slim run[^<]*" "out/fi t/report.html"
echo == narrow; COLUMNS=30 script -qec "stty cols 30; slim run out/nar Fyne --end-date 2020-01-01" /dev/null | tail -3 | cat -A | cut -c1-200
echo == closed stdout; slim run out/cl Fyne --end-date 2018-02-01 | head -0; echo rc ${PIPESTATUS[0]}
slim run out/cl Fyne --end-date 2018-02-01 >&-; echo rc $?
slim run out/cl Fyne --end-date 2018-02-01 >/dev/full; echo rc $?
slim run --help | head -1; echo ${PIPESTATUS[0]}
echo == term; python - <<"X"
import subprocess,signal,time,os
for sig in (signal.SIGINT,signal.SIGTERM,signal.SIGHUP):
    p=subprocess.Popen(["slim","run","out/sig","Fyne_complete","--end-date","2200-01-01","--quiet"],stderr=subprocess.PIPE,text=True)
    time.sleep(6); p.send_signal(sig); t=time.time(); _,e=p.communicate(); print(sig.name,p.returncode,e.strip()[-120:],round(time.time()-t,2))
    print(sorted(x for x in os.listdir('out') if 'sig' in x))
p=subprocess.Popen(["slim","benchmark","out/bsig","--scenarios","Fyne_complete","--trials","2000","--quiet"],stderr=subprocess.PIPE,text=True)
time.sleep(9); p.send_signal(signal.SIGINT); t=time.time(); _,e=p.communicate(); print(p.returncode,e.strip()[-160:],round(time.time()-t,2))
X
