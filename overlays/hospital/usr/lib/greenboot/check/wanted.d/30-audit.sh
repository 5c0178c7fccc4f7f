#!/bin/sh
# The audit rules cannot be changed, somebody writes the records down, and none was lost. Wanted and not required: a full
# disk must not send a ward's box back to its other slot.
status=$(auditctl -s) || { echo "the kernel does not say whether it audits"; exit 1; }
value() { echo "$status" | awk -v name="$1" '$1 == name { print $2; exit }'; }
[ "$(value enabled)" = 2 ] || { echo "the audit rules can be changed: enabled is $(value enabled), not 2"; exit 1; }
[ "$(value pid)" != 0 ] || { echo "nobody writes audit records down: auditd does not run"; exit 1; }
[ "$(value lost)" = 0 ] || { echo "$(value lost) audit records were lost since the start"; exit 1; }
