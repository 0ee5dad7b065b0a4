# What the README shows is what scripts/demo does.
load helper

# The commands of a demo's output, in order.
commands() { grep -A1 -E '^\$ ' "$1" | grep -vE '^(--|)$' | grep -E '^(\$|    from)'; }

@test "readme: its demo is the demo's, but for the machine's numbers" {
	"$ROOT/scripts/demo" > demo 2> err < /dev/null
	eq '' "$(cat err)"
	sed -n '/^## What it does/,/^## The programs/s/^    //p' "$ROOT/README.md" > shown
	commands demo > ours
	commands shown > theirs
	same theirs ours
	# the second sync sends nothing, the fuse holds, the last one sends nothing
	for f in demo shown; do
		grep '^conn-bulk: [0-9]' $f | sed -E 's/[1-9][0-9]+/N/g' > $f.bulk
	done
	same shown.bulk demo.bulk
	grep -q '^docs:new.txt$' demo
	grep -q '^(status 4)$' demo
}

@test "readme: its three pipes run" {
	mkdir docs
	echo one > docs/1.txt
	printf 'source:\n  type: directory\n  path: docs\n' > docs.yml
	sed -n '/^    conn-load docs.yml/,/^$/s/^    //p' "$ROOT/README.md" |
		head -n 3 > pipes
	eq 3 "$(wc -l < pipes)"
	run --separate-stderr sh -e pipes
	check 0
	eq 1 "$(sqlite3 state/docs.db 'select count(*) from documents')"
}

@test "readme: every library of the build has its reason" {
	for l in $(sed -n 's/^LIBS := //p' "$ROOT/Makefile"); do
		case $l in
		-lcurl) name=libcurl ;; -ljq) name=libjq ;; -lonig) name=oniguruma ;;
		-lyaml) name=libyaml ;; -lcrypto) name=OpenSSL ;;
		-lsqlite3) name=SQLite ;; -lz) name=zlib ;; -lzstd) name=libzstd ;;
		-ldeflate) name=libdeflate ;; -lm) continue ;;
		*) name="a row for $l" ;;
		esac
		grep -qE "^\| .*$name.* \|" "$ROOT/README.md"
	done
}
