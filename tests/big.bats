# 100,000 files into each kind of index: exactly the source's set, nothing to
# send the second time, a removed file deleted.
load helper
load servers

FILES=100000

prepare() {
	python3 - "$FILES" <<-'EOF'
		import os, sys
		for i in range(int(sys.argv[1])):
		    if i % 1000 == 0:
		        os.makedirs(f"docs/{i // 1000}")
		    with open(f"docs/{i // 1000}/{i}.txt", "w") as f:
		        f.write(f"page {i}, about conn and the number {i * 7919}\n")
	EOF
	printf 'source:\n  type: directory\n  path: docs\n' > docs.yml
}

ids() { conn-slim "$@" docs.yml | jq -r 'select(._ctl == null).id' | sort; }

sync_everything() {
	conn-load docs.yml | conn-bulk -v docs.yml
	ids --index > listed
	(cd docs && find . -type f -printf 'docs:%P\n' | sort) > files
	cmp files listed
	run --separate-stderr conn-sync -v docs.yml
	check 0
	[[ $stderr == *'conn-bulk: 0 indexed, 0 deleted, 0 refused, 0 failed'* ]]
	rm docs/50/50123.txt
	echo 'another page' > docs/3/3000.txt
	run --separate-stderr conn-sync -v docs.yml
	check 0
	[[ $stderr == *'conn-bulk: 1 indexed, 1 deleted, 0 refused, 0 failed'* ]]
	(cd docs && find . -type f -printf 'docs:%P\n' | sort) > files
	ids --index > listed
	cmp files listed
}

@test "big: $FILES files into the embedded index" {
	sync_everything
	eq 'docs:3/3000.txt' "$(sqlite3 state/docs.db "select id from search('another')")"
}

@test "big: $FILES files into OpenSearch" {
	need_server opensearch
	printf 'index: {type: elasticsearch, url: "%s", name: big}\n' "$URL" >> docs.yml
	sync_everything
	curl -s -X DELETE "$URL/big" > /dev/null
}

@test "big: $FILES files into Elasticsearch" {
	need_server elasticsearch
	printf 'index: {type: elasticsearch, url: "%s", name: big}\n' "$URL" >> docs.yml
	sync_everything
	curl -s -X DELETE "$URL/big" > /dev/null
}
