#!/bin/bash
# What a night is long enough for: a million random simulations with the bar on their coverage, all pairs of faults, and the
# parsers' fuzz tests with a million inputs each. Exits 0 only when all of it holds.
#
#   tests/nightly.sh [FIRST_SEED]     default: the day's own million, so that no two nights are the same
set -euo pipefail
cd "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/.."

# shellcheck source=deploy/dotnet.sh
. deploy/dotnet.sh
dotnet=$(find_dotnet) || {
  echo "nightly: $dotnet_hint"
  exit 1
}
first=${1:-$(($(date +%s) / 86400 * 1000000))}
simulation=tests/Fabric.Simulation/bin/Release/net10.0/Fabric.Simulation.dll
failed=0

"$dotnet" build Fabric.sln -c Release -v quiet -warnaserror
echo "nightly: a million seeds from $first"
"$dotnet" "$simulation" --seeds 1000000 --first-seed "$first" --coverage --bar 30 --json || failed=1
echo "nightly: every fault at every step"
"$dotnet" "$simulation" --singles --json || failed=1
echo "nightly: every pair of faults"
"$dotnet" "$simulation" --pairs --json || failed=1
for project in tests/Fabric.Transport.Tests tests/Fabric.Drivers.Tests tests/Fabric.Embedded.Tests; do
  echo "nightly: fuzz, $project"
  FABRIC_FUZZ=1000000 "$dotnet" test "$project" -c Release --no-build --filter "FullyQualifiedName~Fuzz|FullyQualifiedName~broken_lines" --logger "console;verbosity=minimal" || failed=1
done
exit $failed
