#!/bin/sh
# Names every unit that failed to start.
failed=$(systemctl list-units --state=failed --no-legend --plain | awk '{ print $1 }' | paste -sd' ')
[ -z "$failed" ] || { echo "failed: $failed"; exit 1; }
