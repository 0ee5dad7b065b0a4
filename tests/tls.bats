# SPDX-License-Identifier: MIT
# TLS to an index: nginx in front of a server that tells what reached it.
load helper
load servers
load es-fake
load nginx

prepare() {
	authority ca
	export KEY=canary-key
}

teardown() {
	unfront
	[ ! -e pid ] || kill "$(cat pid)"
	[ ! -e proxy.pid ] || kill "$(cat proxy.pid)"
}

teardown_file() { stop_servers; }

# before_fake [LINE]...: nginx with these lines before the fake server.
before_fake() {
	fake
	front "$URL" "$@"
	reach 'ca: ca.pem'
}

# reach [LINE]...: a config for URL, with credentials.
reach() { config 'api_key: {env: KEY}' 'retry: 20s' "$@"; }

# refused STATUS PATTERN [WAY]: no batch is taken; one message like that; and
# no request, so no body and no credentials, came through.
refused() {
	local before
	before=$(cat front.log)
	docs 1 2 >in
	tool apply <in
	check "$1"
	eq '' "$output"
	[[ $stderr == "indextool: "$2 && $stderr != *$'\n'* ]] ||
		eq "$2" "$stderr"
	[[ $stderr != *canary* ]]
	eq "$before" "$(cat front.log)"
	eq '' "$(cat log)"
}

# taken: a batch is.
taken() {
	apply 1 2
	done_once 2
	eq 'wiki:1=t1 wiki:2=t2' "$(held_behind)"
}

held_behind() { URL=$(cat url) held; }

@test "tls: the right CA -> done, credentials inside alone" {
	before_fake
	taken
	eq 'ApiKey canary-key' "$(jq -r 'select(.path == "/wiki/_bulk") |
	    .headers.authorization' log)"
}

@test "tls: another name, expired, not yet valid -> 3 at once, nothing sent" {
	certify ca server DNS:elsewhere.test
	before_fake
	refused 3 "$URL/wiki/_bulk: SSL: no alternative certificate subject \
name matches target host name '127.0.0.1'"
	unfront
	certify ca server IP:127.0.0.1 -days -1
	front "$(cat url)"
	reach 'ca: ca.pem'
	refused 3 "$URL/wiki/_bulk: SSL certificate problem: certificate has \
expired"
}

@test "tls: an unknown CA, a certificate of its own -> 3 at once, nothing sent" {
	before_fake
	authority other
	reach 'ca: other.pem'
	refused 3 "$URL/wiki/_bulk: SSL certificate problem: unable to get \
local issuer certificate"
	reach       # the system's
	refused 3 "$URL/wiki/_bulk: SSL certificate problem: unable to get \
local issuer certificate"
	unfront
	openssl req -x509 -key server.key -days 2 -out server.pem \
	    -subj /CN=own -addext subjectAltName=IP:127.0.0.1 2>openssl.err
	front "$(cat url)"
	reach 'ca: ca.pem'
	refused 3 "$URL/wiki/_bulk: SSL certificate problem: self-signed \
certificate"
	# named, it is trusted
	reach 'ca: server.pem'
	taken
}

@test "tls: a CA taken out of the bundle -> 3 from then on" {
	authority second
	before_fake
	cat second.pem ca.pem >bundle.pem
	reach 'ca: bundle.pem'
	taken
	: >log
	cp second.pem bundle.pem
	refused 3 "*: SSL certificate problem: unable to get local issuer *"
	: >bundle.pem
	refused 2 "wiki.yml:10:7: index.ca: $PWD/bundle.pem: no certificate in \
PEM in it"
}

@test "tls: SSL_CERT_FILE -> trusted, unless there is ca" {
	before_fake
	reach
	SSL_CERT_FILE=$PWD/ca.pem taken
	: >log
	export SSL_CERT_FILE=$PWD/none.pem
	refused 3 "*: error setting certificate *none.pem*"
	authority other
	SSL_CERT_FILE=$PWD/other.pem
	refused 3 "*: SSL certificate problem: unable to get local issuer *"
	reach 'ca: ca.pem'
	taken
}

@test "tls: a server that speaks TLS 1.1 only -> 3 at once, nothing sent" {
	before_fake 'ssl_protocols TLSv1.1;' 'ssl_ciphers ALL:@SECLEVEL=0;'
	# it does, to those who ask for no better
	openssl s_client -connect "${URL#https://}" -tls1_1 \
	    -cipher ALL:@SECLEVEL=0 </dev/null >session 2>&1
	grep -q TLSv1.1 session
	refused 3 "$URL/wiki/_bulk: *protocol version"
}

@test "tls: no TLS behind https -> 3 at once" {
	fake
	touch front.log
	URL=${URL/http:/https:}
	reach 'ca: ca.pem'
	refused 3 "$URL/wiki/_bulk: *wrong version number"
}

@test "tls: a client certificate is demanded -> given: done; none, a wrong one: 3" {
	authority clients
	certify clients me DNS:me
	certify ca wrong DNS:me
	before_fake "ssl_client_certificate $PWD/clients.pem;" \
	    'ssl_verify_client on;'
	reach 'ca: ca.pem' 'cert: me.pem' 'key: me.key'
	taken
	cat me.pem me.key >both.pem
	reach 'ca: ca.pem' 'cert: both.pem'
	taken
	: >log
	for lines in '' 'cert: wrong.pem key: wrong.key'; do
		reach 'ca: ca.pem' ${lines:+"${lines% key:*}" "key:${lines#*key:}"}
		tool uuid
		check 3
		said "$URL/wiki/_settings: HTTP 400"
		eq '' "$(cat log)"
	done
}

@test "tls: a server that breaks off without a client certificate -> 3" {
	certify ca server IP:127.0.0.1
	tls=(--tls server.pem server.key --clients ca.pem)
	fake 'ca: ca.pem' 'retry: 20s'
	tool uuid
	check 3
	[[ $stderr == "indextool: $URL/wiki/_settings: "*"SSL routines::"* ]]
	eq '' "$(cat log)"
	certify ca me DNS:me
	config 'ca: ca.pem' 'cert: me.pem' 'key: me.key'
	tool uuid
	check 0
}

@test "tls: files that will not do -> 2, their place, no connection" {
	URL=https://127.0.0.1:1
	certify ca me DNS:me
	certify ca you DNS:you
	certify ca old DNS:old -days -1
	openssl ec -in me.key -aes256 -passout pass:x -out locked.key 2>ec.err
	while read -r cert key place file what; do
		reach 'ca: ca.pem' "cert: $cert" "key: $key"
		tool uuid
		check 2
		eq "indextool: wiki.yml:${place/_/ }: $PWD/$file: $what" \
		    "${stderr%;*}"
	done <<-'EOF'
	none.pem me.key 11:9:_index.cert none.pem No such file or directory
	me.key me.key 11:9:_index.cert me.key no certificate in PEM in it
	old.pem old.key 11:9:_index.cert old.pem the certificate has expired
	me.pem none.key 12:8:_index.key none.key No such file or directory
	me.pem you.key 12:8:_index.key you.key not the key of the certificate
	me.pem locked.key 12:8:_index.key locked.key the key is encrypted
	EOF
	reach 'ca: none.pem'
	tool uuid
	check 2
	said "wiki.yml:10:7: index.ca: $PWD/none.pem: No such file or directory"
}

proxy() { # [STATUS]
	rm -f proxy.url
	[ ! -e proxy.pid ] || kill "$(cat proxy.pid)"
	python3 "$ROOT/tests/proxy.py" proxy.log "$@" >proxy.url 3>&- &
	echo $! >proxy.pid
	eventually test -s proxy.url
	export HTTPS_PROXY
	HTTPS_PROXY=$(cat proxy.url)
}

@test "tls: HTTPS_PROXY -> a tunnel, which sees no credentials" {
	before_fake
	proxy
	taken
	eq "CONNECT ${URL#https://} HTTP/1.1" "$(grep CONNECT proxy.log |
		tr -d '\r' | sort -u)"
	run grep -ci -e canary -e authorization proxy.log
	eq 0 "$output"
	NO_PROXY=127.0.0.1 taken
	: >log
	authority other
	reach 'ca: other.pem'
	refused 3 "*: SSL certificate problem: unable to get local issuer *"
}

@test "tls: a proxy that refuses -> 3; that cannot now -> 75" {
	before_fake
	proxy 407
	refused 3 "$URL/wiki/_bulk: *407*"
	reach 'ca: ca.pem' 'retry: 300ms'
	sed -i '/retry: 20s/d' wiki.yml
	proxy 503
	refused 75 "$URL/wiki/_bulk: *503*"
	kill "$(cat proxy.pid)"
	rm proxy.pid
	eventually eval '! curl -s "$HTTPS_PROXY"'
	refused 75 "$URL/wiki/_bulk: Failed to connect to *"
}

@test "tls: a connection closed between batches -> a new one, nothing lost" {
	before_fake 'keepalive_requests 1;'
	config 'ca: ca.pem' 'batch: 1' 'connections: 1'
	apply $(seq 20)
	done_once 20
	eq 20 "$(held_behind | wc -w)"
}

# No connection to this port (in hexadecimal) is open.
closed() {
	! awk -v p=":$1" '$2 ~ p && $4 == "01"' /proc/net/tcp | grep -q .
}

# A batch at a time, the next when the front has hung up.
feed() {
	local i hex
	printf -v hex %04X "${URL##*:}"
	for i in 1 2 3; do
		docs "$i"
		echo
		eventually grep -q "t$i" log
		eventually closed "$hex"
	done
}

@test "tls: hung up on while there is nothing to send -> nothing lost" {
	before_fake 'keepalive_timeout 50ms;'
	mkfifo in.pipe
	feed >in.pipe 3>&- &
	tool apply <in.pipe
	check 0
	eq '' "$stderr"
	eq $'1 done\n3 done\n5 done' "$output"
	eq 'wiki:1=t1 wiki:2=t2 wiki:3=t3' "$(held_behind)"
	eq 3 "$(requests)"
}

# The real servers, as most are reached: TLS and a password.
guarded() {
	need_server "$1"
	echo "me:$(openssl passwd -apr1 canary-pw)" >users
	front "$URL" 'auth_basic x;' "auth_basic_user_file $PWD/users;"
	local lines=('ca: ca.pem' 'user: me' 'password: {env: PW}')
	local name=conn-$BATS_ROOT_PID-$BATS_TEST_NUMBER
	config "${lines[@]}" 'gzip: true'
	sed -i "s/^  name: .*/  name: $name/; s/path: ./path: docs/" wiki.yml
	mkdir docs
	for i in 1 2 3; do echo "$i" >docs/$i; done
	PW=wrong run --separate-stderr conn-slim -I wiki.yml
	check 3
	eq "conn-slim: $URL/$name/_settings: HTTP 401" "$stderr"
	export PW=canary-pw
	run --separate-stderr conn-check wiki.yml
	check 0
	run --separate-stderr bash -c 'conn-load wiki.yml | conn-bulk wiki.yml'
	check 0
	rm docs/2
	run --separate-stderr conn-sync -m 100% -vv wiki.yml
	check 0
	[[ $stderr == *'0 indexed, 1 deleted, 0 refused, 0 failed'* ]]
	[[ $output$stderr != *canary* ]]
	run conn-slim -I wiki.yml
	eq 2 "$(grep -c '"id":' <<<"$output")"
	curl -s --cacert ca.pem -u me:canary-pw -X DELETE "$URL/$name" >gone
}

@test "opensearch: behind TLS and a password -> the programs work" {
	guarded opensearch
}

@test "elasticsearch: behind TLS and a password -> the programs work" {
	guarded elasticsearch
}
