# Drivers for tests: sh programs in a folder that CONN_DRIVER_PATH names.

# driver TYPE [TEXT]: writes conn-source-TYPE, an sh program; from stdin
# without TEXT.
driver() {
	export CONN_DRIVER_PATH=$BATS_TEST_TMPDIR/drivers
	mkdir -p "$CONN_DRIVER_PATH"
	chmod 755 "$CONN_DRIVER_PATH"
	{ echo '#!/bin/sh'; if [ $# -gt 1 ]; then echo "$2"; else cat; fi; } \
		>"$CONN_DRIVER_PATH/conn-source-$1"
	chmod 755 "$CONN_DRIVER_PATH/conn-source-$1"
}
