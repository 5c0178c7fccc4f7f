#!/bin/sh
# Names every unit that failed to start. Where systemd does not answer, others will say so.
failed=$(systemctl list-units --state=failed --no-legend --plain) || exit 75
[ -z "$failed" ] || { echo "failed: $(echo "$failed" | awk '{ print $1 }' | paste -sd' ')"; exit 1; }
