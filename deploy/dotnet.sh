# shellcheck shell=bash
# Sourced by ./fabric and ./test: finds a dotnet that has the SDK this project builds with.

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1

dotnet_major=10
# shellcheck disable=SC2034 # read by those who source this
dotnet_hint=".NET SDK $dotnet_major is missing. Install it as a package from Microsoft's feed,
  https://learn.microsoft.com/dotnet/core/install/linux-debian  (then: apt-get install dotnet-sdk-$dotnet_major.0)
or without root into ~/.dotnet, where this script finds it:
  curl -sSL https://dot.net/v1/dotnet-install.sh | bash -s -- --channel $dotnet_major.0"

# Prints the path of dotnet; fails when none has the SDK. Asking takes 0.1 s, so the folder is looked at instead.
find_dotnet() {
  local candidate home
  for candidate in "$(command -v dotnet || true)" "${DOTNET_ROOT:+$DOTNET_ROOT/dotnet}" "${HOME:-/root}/.dotnet/dotnet" \
    /usr/share/dotnet/dotnet /usr/lib/dotnet/dotnet; do
    [ -x "$candidate" ] || continue
    home=$(dirname "$(realpath "$candidate")")
    if compgen -G "$home/sdk/$dotnet_major.*" >/dev/null; then
      echo "$home/dotnet"
      return 0
    fi
  done
  return 1
}
