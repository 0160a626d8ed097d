#!/bin/sh
# Reads the sample mailbox in a home that `countersign demo DIR --only-prepare` has made:
#
#     samples/mailbox/try.sh DIR [PROGRAM]
#
# The settings of this folder replace the home's. What the program is told besides: on 6 April Maple & Stone's billing
# address was changed; everything is read as of noon on 7 April 2026.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
home=$1/home
program=${2:-countersign}
cp "$here/policy.toml" "$here/countersign.toml" "$here/dkim-records.toml" "$home"
"$program" --home "$home" --now 2026-04-06T15:00:00Z account set-billing-email --account A-1001332 \
    --email office@maplestone.example --by Dana --why "asked for by phone, owner rang back"
"$program" --home "$home" --now 2026-04-07T12:00:00Z ingest "$here/support" "$here/archive.mbox"
