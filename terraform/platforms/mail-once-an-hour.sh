#!/bin/sh
# Runs a command and ends with its exit code, for a platform that mails each failure: an exit code that was already
# passed on within the last hour becomes 0, so that a failure that repeats every three minutes mails once an hour.
# Exit 5 (another run is at work) always becomes 0. Another exit code mails at once.
#
#   sh mail-once-an-hour.sh COMMAND [ARGUMENT…]
#
# The time of the last mail of each exit code is kept in FAILURES_FOLDER, by default the tool's data folder on Toolforge.
folder=${FAILURES_FOLDER:-${TOOL_DATA_DIR:-$HOME}/.muster-failures}

# The command gets the signal too, so that it stops between two writes and reports. One that comes before the command
# has started is handed on right after.
child=
stopped=
trap 'stopped=1; [ -z "$child" ] || kill -TERM "$child" 2> /dev/null' TERM INT
"$@" &
child=$!
[ -z "$stopped" ] || kill -TERM "$child" 2> /dev/null
wait "$child"
code=$?
while kill -0 "$child" 2> /dev/null; do
  wait "$child"
  code=$?
done
trap - TERM INT

case $code in
  0 | 5) exit 0 ;;
esac
mark=$folder/exit-$code
if [ -n "$(find "$mark" -mmin -60 2> /dev/null)" ]; then
  echo "Exit $code, which was reported less than an hour ago: ending with 0." >&2
  exit 0
fi
# A folder that cannot be written to means more mails, not fewer.
mkdir -p "$folder" && : > "$mark"
exit "$code"
