#!/bin/sh
# Whole runs on a real NFS: server and three clients in one User-Mode Linux, which has this computer's files as its own.
#
#     tests/nfs/real-nfs.sh [MOUNT_OPTIONS]     default: vers=3,nolock,actimeo=3
#
# As root, with Debian's packages user-mode-linux, nfs-kernel-server and kmod, and the environment's Python first in PATH.
set -eu
options=${1:-vers=3,nolock,actimeo=3}
top=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cat >"$scratch/init" <<INIT
#!/bin/sh
export PATH=$PATH:/usr/sbin:/sbin HOME=/root PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$top
mount -t proc proc /proc
mount -t sysfs sys /sys
for folder in /run /var/lib/nfs /mnt; do mount -t tmpfs tmpfs \$folder; done
mkdir -p /mnt/server /mnt/tmp /var/lib/nfs/sm /var/lib/nfs/v4recovery
ip link set lo up
for module in nfsd nfsv3 nfsv4; do modprobe -d "$scratch" \$module; done
mount -t nfsd nfsd /proc/fs/nfsd
mount -t tmpfs tmpfs /mnt/server
touch /var/lib/nfs/etab /var/lib/nfs/rmtab
rpcbind
sysctl -qw fs.leases-enable=0 # three clients in one kernel are one to the server: it would not recall a delegation between them
exportfs -o rw,no_root_squash,fsid=0,insecure,no_subtree_check 127.0.0.1:/mnt/server
rpc.nfsd 4
rpc.mountd
case $options in *vers=4*) export=/ ;; *) export=/mnt/server ;; esac
for client in a b c; do
    mkdir /mnt/\$client
    mount -t nfs -o $options,nosharecache,tcp 127.0.0.1:\$export /mnt/\$client
done
mount -t nfs,nfs4
cd "$top"
export TMPDIR=/mnt/tmp L2L_TEST_MOUNTS="/mnt/a /mnt/b /mnt/c"
python -m pytest -q -p no:cacheprovider tests/nfs/test_runs.py && touch "$scratch/passed"
echo o >/proc/sysrq-trigger
sleep 10
INIT
chmod +x "$scratch/init"
mkdir -p "$scratch/lib/modules"
ln -s /usr/lib/uml/modules/* "$scratch/lib/modules/"
linux.uml mem=2500M root=/dev/root rootfstype=hostfs rootflags=/ rw init="$scratch/init" \
    con=null con0=fd:0,fd:1 quiet uml_dir="$scratch/" </dev/null
[ -e "$scratch/passed" ]
