# Every example of a page is run as it stands there. The pages of the config,
# the drivers' protocol and conn-diff have suites of their own.
load helper

prepare() {
	mkdir docs
	for i in {1..30}; do echo "page $i" > docs/$i.txt; done
	for name in docs wiki; do
		printf 'source:\n  type: directory\n  path: docs\n' > $name.yml
		conn-sync $name.yml
	done
	echo 'a change' > docs/3.txt

	# the editor of conn-spec(1) fills in what the template leaves open
	mkdir bin
	printf '#!/bin/sh\nsed -i "s|^  path:.*|  path: docs|" "$1"\n' > bin/vi
	# the connector of conn-spec(1), whose kit is a suite of its own
	printf '%s\n' '#!/bin/sh' "echo '{\"spec\":{\"connectionSpecification\":{}}}'" \
		> bin/source-faker
	chmod 755 bin/vi bin/source-faker
	PATH=$PWD/bin:$PATH
	cp "$ROOT/tests/drivers/conn-source-model" .
	chmod 755 . conn-source-model
	printf 'source:\n  type: model\n' > test.yml
	sqlite3 shop.db "create table t(k integer primary key, n int);
	    insert into t values (1, 'x')"
	printf 'source:\n  type: sqlite\n  path: shop.db\n' > shop.yml
}

# blocks PAGE: the examples, each ended by an empty line.
blocks() {
	awk '/^\.Sh/ { on = $2 == "EXAMPLES" }
		on && /^\.Dl / { sub(/^\.Dl /, ""); print; dl = 1; next }
		dl { print ""; dl = 0 }
		on && /^\.Bd/ { bd = 1; next }
		bd && /^\.Ed/ { bd = 0; print ""; next }
		bd { sub(/^\$ /, ""); print }
		END { print "" }' "$1" | sed 's/\\&//g; s/\\e/\\/g'
}

# try BLOCK: by what it is.
try() {
	case $1 in
	'{'*) return ;;         # a stream, broken to fit the page
	name:*)
		printf '%s' "$1" > example.yml
		run --separate-stderr conn-check -n example.yml
		;;
	'*'*)                   # crontab lines
		run --separate-stderr sh -ec "$(sed -E \
			's/^([^ ]+ +){5}//; s|/etc/conn/||' <<< "$1")"
		;;
	*)
		conn-load wiki.yml > stream
		run --separate-stderr sh -ec "${1//TYPE/sqlite}"
		;;
	esac
	[ "$status" -eq 0 ] || { echo "example: $1"; check 0; }
}

page() {
	local block='' line n=0
	while IFS= read -r line; do
		if [ -n "$line" ]; then
			block+=$line$'\n'
		elif [ -n "$block" ]; then
			try "$block"
			block='' n=$((n + 1))
		fi
	done < <(blocks "$ROOT/man/$1")
	[ "$n" -ge "$2" ]
}

@test "man: the examples of conn-load(1) run" { page conn-load.1 5; }
@test "man: the examples of conn-poll(1) run" { page conn-poll.1 2; }
@test "man: the examples of conn-slim(1) run" { page conn-slim.1 2; }
@test "man: the examples of conn-bulk(1) run" { page conn-bulk.1 3; }
@test "man: the examples of conn-check(1) run" { page conn-check.1 2; }
@test "man: the examples of conn-spec(1) run" { page conn-spec.1 3; }
@test "man: the examples of conn-sync(1) run" { page conn-sync.1 2; }
@test "man: the examples of conn-stream(5) run" { page conn-stream.5 3; }
@test "man: the examples of conn(7) run" { page conn.7 3; }

@test "man: the examples of the drivers' pages are good configs" {
	page conn-source-airbyte.7 2
	page conn-source-directory.7 1
	page conn-source-file.7 2
	page conn-source-singer.7 2
	page conn-source-sqlite.7 1
	[ ! -e "$CONN_BUILD/libexec/conn/conn-source-mysql" ] ||
		page conn-source-mysql.7 1
	[ ! -e "$CONN_BUILD/libexec/conn/conn-source-postgresql" ] ||
		page conn-source-postgresql.7 1
	[ ! -e "$CONN_BUILD/libexec/conn/conn-source-mongodb" ] ||
		page conn-source-mongodb.7 1
	[ ! -e "$CONN_BUILD/libexec/conn/conn-source-rest" ] || {
		page conn-source-rest.7 2
		page conn-source-confluence.7 2
		page conn-source-discourse.7 2
		page conn-source-freshdesk.7 2
		page conn-source-gitea.7 3
		page conn-source-github.7 3
		page conn-source-gitlab.7 2
		page conn-source-google-drive.7 2
		page conn-source-hubspot.7 3
		page conn-source-intercom.7 2
		page conn-source-jira.7 2
		page conn-source-linear.7 2
		page conn-source-matrix.7 2
		page conn-source-mediawiki.7 2
		page conn-source-notion.7 2
		page conn-source-redmine.7 2
		page conn-source-roundup.7 2
		page conn-source-salesforce.7 3
		page conn-source-servicenow.7 3
		page conn-source-sharepoint.7 2
		page conn-source-slack.7 2
		page conn-source-wordpress.7 2
		page conn-source-zendesk.7 2
	}
}

@test "man: every program and file format has its page, and it lints" {
	for f in "$CONN_BUILD"/bin/* "$CONN_BUILD"/libexec/conn/conn-source-*; do
		ls "$ROOT/man/${f##*/}".[17] > /dev/null
	done
	for f in "$ROOT"/lib/connectors/*.yml; do
		f=${f##*/}
		ls "$ROOT/man/conn-source-${f%.yml}.7" > /dev/null
	done
	mandoc -Tlint -Werror "$ROOT"/man/*.[157] 2>&1 | grep -v mandoc.db || :
}

@test "man: every option of --help is in the page, and the reverse" {
	for f in "$CONN_BUILD"/bin/*; do
		name=${f##*/}
		"$f" --help | grep -oE -- '--[a-z-]+' | sort -u > help
		mandoc -Tascii "$ROOT/man/$name.1" | col -b |
			grep -oE '^ +(-[A-Za-z](, | [A-Z]+, )?)?(--[a-z-]+)?.*' |
			grep -oE -- '--[a-z-]+' | sort -u > page
		eq '' "$(comm -23 help page | sed "s/^/$name /")"
	done
}
