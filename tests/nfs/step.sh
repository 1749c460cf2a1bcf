#!/bin/sh
# Start a worker on another host, as srun would: step.sh HOST [--output=FILE] [--error=FILE] [--OPTION...] COMMAND...
# HOST is the process id of its client. With STEP_HANGS set this stays when the worker has ended, as srun does on a lost node.
host=$1
shift
while :; do
    case $1 in
        --output=*) exec >>"${1#*=}" ;;
        --error=*) exec 2>>"${1#*=}" ;;
        --*) ;;
        *) break ;;
    esac
    shift
done
if [ -n "$STEP_HANGS" ]; then
    nsenter -t "$host" -m -u -- "$@"
    sleep 600
fi
exec nsenter -t "$host" -m -u -- "$@"
