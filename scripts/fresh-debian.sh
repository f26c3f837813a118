#!/usr/bin/env bash
# The two commands of the README on a fresh Debian 12 that has npm and git only, from the last commit:
#
#   npm run test:fresh [-- <test files>]     a part of the tests by default; "npm run test:fresh -- test" runs them all
#
# Needs root and debootstrap. The fresh system is kept in .cache/fresh-debian and copied for each run. It gets this
# machine's way to the package mirrors: mirror, proxies, certificate authorities, the registry of npm.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
readonly checkout=$PWD cache=$PWD/.cache/fresh-debian
(($# > 0)) || set -- test/unit/contract test/server/bus/requests/endpoint.test.ts
readonly tests=$*
unset NATS_SERVER

fail() {
  printf 'test:fresh: %s\n' "$1" >&2
  exit 1
}
((EUID == 0)) || fail 'needs root, for debootstrap and chroot'
command -v debootstrap >/dev/null || fail 'debootstrap is missing. Remedy: apt-get install debootstrap'

# A fresh system with npm and git. Renamed last, so that half a system is never taken for one.
make_base() {
  local mirror
  mirror=${DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 2>/dev/null | sed -n 's/ bookworm$//p' | head -1)}
  rm -rf "$cache" && mkdir -p "$cache" || return 1
  echo "making a fresh Debian 12${mirror:+ from $mirror}, takes some minutes"
  # shellcheck disable=SC2086
  debootstrap --variant=minbase --include=ca-certificates bookworm "$cache/new" $mirror >"$cache/log" 2>&1 &&
    give_network "$cache/new" &&
    enter "$cache/new" root '' 'apt-get update -q && apt-get install -y -q --no-install-recommends npm git' >>"$cache/log" 2>&1 &&
    chroot "$cache/new" useradd --create-home tester &&
    mv "$cache/new" "$cache/base" && return
  tail -20 "$cache/log" >&2
  return 1
}

# What this machine uses to reach mirrors. No passwords: npm's own files are not copied.
give_network() {
  local name value
  cp -L /etc/resolv.conf /etc/hosts "$1/etc/"
  cp -L /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/"
  apt-config dump | grep -E '^Acquire::https?::(Proxy|CAInfo|Verify)' >"$1/etc/apt/apt.conf.d/90machine"
  for name in registry proxy https-proxy noproxy cafile; do
    value=$(npm config get "$name" 2>/dev/null)
    [[ -z $value || $value == null || $value == undefined ]] || printf '%s=%s\n' "$name" "$value"
  done >"$1/etc/npmrc"
}

# enter <root folder> <user> <options of unshare> <command>: runs it there with processes and mounts of its own.
enter() {
  local environment=(HOME="$([[ $2 == root ]] && echo /root || echo "/home/$2")" TERM=dumb NO_COLOR=1 LANG=C.UTF-8) name
  for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY NODE_EXTRA_CA_CERTS; do
    [[ -z ${!name:-} ]] || environment+=("$name=${!name}")
  done
  # The command is not the last of its shell, so that the shell stays as the process that reaps orphans.
  # shellcheck disable=SC2086
  unshare --mount --pid --fork --kill-child $3 bash -c '
    root=$1 user=$2 command=$3; shift 3
    mount --make-rprivate / && mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" &&
      mount -t tmpfs tmpfs "$root/run" || exit 1
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@" \
      chroot "$root" setpriv --reuid "$user" --regid "$user" --init-groups bash -c "$command"
    exit $?' enter "$1" "$2" "$4" "${environment[@]}"
}

passed=0 failed=0
# check <what> <expected exit code> <text that must be in the output, or -> <user> <options of unshare> <command>
check() {
  local code from=$SECONDS output=$cache/output
  printf '\n== %s\n' "$1"
  enter "$cache/system" "$4" "$5" "$6" >"$output" 2>&1 </dev/null
  code=$?
  tail -25 "$output"
  if ((code == $2)) && { [[ $3 == - ]] || grep -qF -- "$3" "$output"; }; then
    passed=$((passed + 1))
    printf -- '-- %s: passed in %s s\n' "$1" $((SECONDS - from))
  else
    failed=$((failed + 1))
    printf -- '-- %s: FAILED with exit code %s after %s s\n' "$1" "$code" $((SECONDS - from))
  fi
}

[[ -d $cache/base ]] || make_base || fail 'no fresh system could be made'
rm -rf "$cache/system" && cp -a --reflink=auto "$cache/base" "$cache/system" || fail 'no copy could be made'
give_network "$cache/system"
for user in root tester; do
  home=$cache/system/$([[ $user == root ]] && echo root || echo home/tester)
  git clone --quiet --no-local "$checkout" "$home/clone" || fail 'git clone failed'
  chroot "$cache/system" chown -R "$user:$user" "/${home#"$cache/system/"}/clone"
done

untouched='cd ~/clone && [ ! -e node_modules ] && [ ! -e .cache/node ]'
check 'a user without root is given the command to paste' 1 \
  'sudo apt-get update && sudo apt-get install -y nats-server mosquitto' tester '' 'cd ~/clone && npm test'
check 'and nothing was fetched' 0 - tester '' "$untouched"
check 'without a network root is told so' 1 'cannot be reached' root --net 'cd ~/clone && npm test'
check 'root: demo' 0 - root '' 'cd ~/clone && npm run demo -- --once'
check 'root: tests' 0 - root '' "cd ~/clone && npm test -- $tests"
check 'without a network a user with the servers is told so' 1 'cannot be reached' tester --net 'cd ~/clone && npm test'
check 'a user with the servers: packages as npm installs them under Node 18' 0 - tester '' \
  'cd ~/clone && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error'
check 'a user with the servers: tests' 0 'installing the npm packages' tester '' "cd ~/clone && npm test -- $tests"
check 'a user with the servers: demo' 0 - tester '' 'cd ~/clone && npm run demo -- --once'

rm -rf "$cache/system" "$cache/output"
printf '\n%s passed, %s failed\n' "$passed" "$failed"
((failed == 0))
