# SPDX-License-Identifier: MIT
load helper

# make in the tree, on the build that is tested.
build() {
	make -s -C "$ROOT" O="${CONN_BUILD#"$ROOT"/}" "$@"
}

# Sets `programs` to those that were compiled.
find_programs() {
	local all
	mapfile -t all < <(find "$CONN_BUILD/bin" "$CONN_BUILD/libexec" -type f)
	mapfile -t programs < <(grep -lF "$(printf '\177ELF')" "${all[@]}")
	[ "${#programs[@]}" -gt 0 ]
}

# The tree as a repository of its own, whatever it is here.
repository() { # FOLDER
	mkdir "$1"
	tar -C "$ROOT" --exclude ./build --exclude ./.git -c . | tar -C "$1" -x
	git init -q "$1"
	git -C "$1" add -A
	git -C "$1" -c user.name=t -c user.email=t@t.test commit -qm t
}

# Every source with this compiler, each warning an error; drivers can be
# started although the group may write what is made.
compiles_with() {
	command -v "$1" >/dev/null || skip "no $1 here"
	umask 002
	run make -s -C "$ROOT" -j2 O="$PWD/o" CC="$1" CFLAGS='-O2 -Werror' \
	    all unit
	check 0
	eq '' "$output"
	run -0 o/bin/conn-spec directory
}

@test "build: a name that no other file uses is static" {
	find "$CONN_BUILD/lib" "$CONN_BUILD/cmd" -name '*.o' -exec nm -A {} + |
		awk '$(NF - 1) ~ /^[TDBR]$/ { print $NF }' | sort >given
	find "$CONN_BUILD" -name '*.o' -exec nm -A {} + |
		awk '$(NF - 1) == "U" { print $NF }' | sort -u >taken
	eq main "$(comm -23 <(sort -u given) taken | grep -v '^_')"
}

@test "build: install, uninstall -> no file is left" {
	run -0 build DESTDIR="$PWD/d" PREFIX=/usr install
	(cd "$CONN_BUILD" && find bin libexec -type f ! -name '.*') |
		sort >want
	(cd "$ROOT" && find man -name '*.[157]' 2>/dev/null) |
		sed 's,man/\(.*\)\(.\)$,share/man/man\2/\1\2,' >>want
	(cd d/usr && find . -type f | sed 's,^\./,,') >got
	sort -o want want
	sort -o got got
	same want got
	run -0 build DESTDIR="$PWD/d" PREFIX=/usr uninstall
	eq '' "$(find d ! -type d)"
	[ ! -e d/usr/libexec/conn ]
}

@test "build: install under umask 077 -> others can read and run it" {
	umask 077
	run -0 build DESTDIR="$PWD/d" PREFIX=/usr install
	eq '' "$(find d/usr -type f -name 'conn-*' ! -path '*/man/*' ! -perm 755)"
	eq '' "$(find d/usr -type f -name '*.yml' ! -perm 644)"
	eq '' "$(find d/usr -type f -name '*.json' ! -perm 644)"
	eq '' "$(find d/usr/share -type f ! -perm 644)"
	eq '' "$(find d/usr/bin d/usr/libexec d/usr/share -type d ! -perm 755)"
	(cd "$CONN_BUILD/libexec/conn" && find connectors specs -type f) | sort >want
	(cd d/usr/libexec/conn && find connectors specs -type f) | sort >got
	same want got
}

@test "build: the specs that were kept -> what the drivers say" {
	for f in "$CONN_BUILD"/libexec/conn/conn-source-*; do
		"$f" spec >said
		same said "$CONN_BUILD/libexec/conn/specs/${f##*-}.json"
	done
}

@test "build: dist twice -> the same bytes, all of the tree" {
	command -v git >/dev/null || skip 'no git here'
	repository a
	git clone -q a b
	make -s -C a dist
	(umask 077 && TZ=Asia/Tokyo make -s -C b dist)
	cmp a/conn-*.tar.gz b/conn-*.tar.gz
	(cd a && git ls-files) >want
	tar -tzf a/conn-*.tar.gz | grep -v '/$' | cut -d/ -f2- | sort >got
	sort -o want want
	same want got
}

@test "build: programs -> position independent, read-only GOT, no RPATH" {
	command -v readelf >/dev/null || skip 'no readelf here'
	find_programs
	for f in "${programs[@]}"; do
		echo "$f"
		readelf -Wdl "$f" >elf
		grep -q 'FLAGS_1.* PIE' elf
		grep -q 'FLAGS_1.* NOW' elf
		grep -q GNU_RELRO elf
		grep -q 'GNU_STACK .* RW ' elf
		run -1 grep -E 'RPATH|RUNPATH|TEXTREL|LOAD .* RWE ' elf
	done
}

@test "build: programs -> stack protector and checked libc calls" {
	command -v readelf >/dev/null || skip 'no readelf here'
	case ${CONN_BUILD##*/} in
	asan | coverage) skip 'a build without hardening' ;;
	esac
	find_programs
	for f in "${programs[@]}"; do
		echo "$f"
		readelf -W --dyn-syms "$f" >symbols
		grep -q __stack_chk_fail symbols
		grep -q '__[a-z]*_chk@' symbols
	done
}

@test "build: programs that ask no index -> no library of one" {
	command -v readelf >/dev/null || skip 'no readelf here'
	for f in load poll slim diff; do
		echo "$f"
		readelf -Wd "$CONN_BUILD/bin/conn-$f" >dynamic
		grep -q 'NEEDED.*libc' dynamic
		run -1 grep -E 'NEEDED.*lib(curl|ssl|crypto|sqlite3)' dynamic
	done
	# it is started by every conn-sync, and asks the embedded one itself
	readelf -Wd "$CONN_BUILD/libexec/conn/conn-sync-helper" >dynamic
	grep -q 'NEEDED.*libsqlite3' dynamic
	run -1 grep -E 'NEEDED.*lib(curl|ssl|crypto)' dynamic
}

@test "build: gcc -> no warning" {
	compiles_with gcc
}

@test "build: clang -> no warning" {
	compiles_with clang
}
