#!/bin/sh
# USB devices are let in by usbguard alone: it runs, blocks what no rule allows, and the kernel lets in nothing by itself.
systemctl is-active --quiet usbguard.service || { echo "usbguard does not run: no USB device is let in"; exit 1; }
policy=$(usbguard get-parameter ImplicitPolicyTarget) || { echo "usbguard does not answer"; exit 1; }
[ "$policy" = block ] || { echo "usbguard lets in what no rule names: ImplicitPolicyTarget is '$policy'"; exit 1; }
for hub in /sys/bus/usb/devices/usb*/authorized_default; do
    [ ! -e "$hub" ] || [ "$(cat "$hub")" = 0 ] || { echo "$hub is not 0: devices are let in before the policy"; exit 1; }
done
