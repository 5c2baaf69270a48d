# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026 The vio authors
#
# apt with a set-up of its own, for scripts that fetch Debian packages without installing them: the
# machine's set-up is only read. To be sourced; the functions leave a folder as the first argument.
# shellcheck shell=bash

DEBIAN_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# debian_sources FOLDER deb|deb-src CODENAME: writes Debian's own main archives, as the machine has
# them, to FOLDER/etc. Other people's archives are left out: one of those being broken must not
# matter here.
debian_sources() {
	local work=$1 type=$2 codename=$3 f etc=/etc/apt options uri
	for f in "$etc"/sources.list.d/*.sources; do
		[ -f "$f" ] || continue
		grep -v '^#' "$f" | awk -v RS= -v type="$type" '
			/(^|\n)Enabled:[ \t]*no/ { next }
			!/(^|\n)URIs:[^\n]*(debian\.org|\/debian(-security)?\/?([ \t\n]|$))/ { next }
			!/(^|\n)Components:[^\n]*main/ { next }
			{
				n = split($0, line, "\n")
				for (i = 1; i <= n; i++) {
					if (line[i] ~ /^Types:/) line[i] = "Types: " type
					if (line[i] ~ /^Components:/) line[i] = "Components: main"
					if (line[i] !~ /^Architectures:/) print line[i]
				}
				print ""
			}'
	done > "$work/etc/debian.sources"
	options='[ \t]+(\[[^]]*\][ \t]+)?'
	uri='[a-z+]+:[^ \t]*(debian\.org|/debian(-security)?/?[ \t])'
	for f in "$etc"/sources.list "$etc"/sources.list.d/*.list; do
		[ -f "$f" ] || continue
		sed -nE "s,^[ \t]*deb(-src)?(${options}${uri}[^#]*[ \t])main([ \t].*)?\$,$type\2main,p" "$f"
	done | sort -u > "$work/etc/debian.list"
	[ ! -s "$work/etc/debian.sources" ] && [ ! -s "$work/etc/debian.list" ] || return 0
	cat > "$work/etc/debian.list" <<-EOF
		$type [signed-by=$DEBIAN_KEYRING] http://deb.debian.org/debian $codename main
		$type [signed-by=$DEBIAN_KEYRING] http://deb.debian.org/debian $codename-updates main
		$type [signed-by=$DEBIAN_KEYRING] http://deb.debian.org/debian-security $codename-security main
	EOF
}

# private_folder FOLDER: makes what private_apt needs there. Not below a folder that is closed to
# others, so that apt's unprivileged download user can get there.
private_folder() {
	chmod 755 "$1"
	mkdir -p "$1"/{etc,lists/partial,cache/archives/partial}
	: > "$1/status"
	[ "$(id -u)" != 0 ] ||
		chown _apt "$1"/{lists/partial,cache/archives/partial} 2>/dev/null || :
}

# private_apt FOLDER ARGUMENT...: apt-get that knows the sources in FOLDER alone.
private_apt() {
	local work=$1
	shift
	apt-get -qq -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$work/etc" \
		-o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" \
		-o Acquire::Languages=none -o Acquire::Retries=3 "$@"
}
