# SPDX-License-Identifier: MIT
# nginx in front of a server, for TLS; loaded after helper.

# authority NAME: NAME.pem and NAME.key, a CA of its own.
authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -days 2 -keyout "$1.key" -out "$1.pem" -subj "/CN=$1" 2>openssl.err
}

# certify CA NAME SAN [OPTION]...: NAME.pem and NAME.key, signed by CA.
certify() {
	local ca=$1 name=$2 san=$3
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$name.key" -out "$name.csr" -subj "/CN=$name" \
	    2>openssl.err
	[ $# -gt 3 ] || set -- "$@" -days 2
	openssl x509 -req -in "$name.csr" -CA "$ca.pem" -CAkey "$ca.key" \
	    -CAcreateserial -extfile <(echo "subjectAltName=$san") \
	    -out "$name.pem" "${@:4}" 2>openssl.err
}

# front BACKEND [LINE]...: nginx with TLS before BACKEND; these lines in its
# server section. Sets URL; front.log has a line a request that came through.
front() {
	local backend=$1
	shift
	[ -e server.pem ] || certify ca server IP:127.0.0.1
	mkdir -p nginx
	cat >nginx.head <<-EOF
	daemon off;
	$([ "$(id -u)" -ne 0 ] || echo 'user root;')
	pid $PWD/nginx/pid;
	error_log $PWD/nginx/error.log info;
	events { worker_connections 64; }
	http {
	log_format all '\$request_method \$uri \$status \$http_authorization';
	access_log $PWD/front.log all;
	client_body_temp_path $PWD/nginx; proxy_temp_path $PWD/nginx;
	fastcgi_temp_path $PWD/nginx; uwsgi_temp_path $PWD/nginx;
	scgi_temp_path $PWD/nginx;
	client_max_body_size 0;
	server {
	EOF
	printf '%s\n' "location / { proxy_pass $backend; }" \
	    "ssl_certificate $PWD/server.pem;" \
	    "ssl_certificate_key $PWD/server.key;" "$@" '} }' >nginx.tail
	python3 - 2>nginx/stderr 3>&- <<-'EOF' &
	import os, socket
	s = socket.create_server(("127.0.0.1", 0), backlog=64)
	port = s.getsockname()[1]
	with open("nginx.conf", "w") as f:
	    f.write(open("nginx.head").read())
	    f.write(f"listen 127.0.0.1:{port} ssl;\n")
	    f.write(open("nginx.tail").read())
	with open("front.url.new", "w") as f:
	    f.write(f"https://127.0.0.1:{port}")
	os.rename("front.url.new", "front.url")
	s.set_inheritable(True)
	os.environ["NGINX"] = f"{s.fileno()};"    # the socket is handed on
	os.execvp("nginx", ["nginx", "-p", os.getcwd(), "-c",
	                    os.getcwd() + "/nginx.conf"])
	EOF
	front_pid=$!
	eventually test -s front.url
	URL=$(cat front.url)
	eventually eval 'test -s nginx/pid || ! kill -0 "$front_pid"'
	kill -0 "$front_pid" || { cat nginx/error.log; return 1; }
}

unfront() {
	[ -z "${front_pid-}" ] || kill "$front_pid"
	front_pid=
	rm -f front.url
}
