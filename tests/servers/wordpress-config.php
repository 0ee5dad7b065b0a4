<?php
// SPDX-License-Identifier: MIT
// The configuration of the WordPress in the folder WORDPRESS.
$wordpress_dir = getenv( 'WORDPRESS' );
define( 'DB_NAME', 'wordpress' );
define( 'DB_USER', 'root' );
define( 'DB_PASSWORD', '' );
define( 'DB_HOST', "localhost:$wordpress_dir/db/s" );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'DB_COLLATE', '' );
define( 'WP_HOME', 'http://127.0.0.1:' .
	trim( @file_get_contents( "$wordpress_dir/port" ) ) );
define( 'WP_SITEURL', WP_HOME );
define( 'WP_CONTENT_DIR', "$wordpress_dir/content" );
// application passwords, though there is no TLS
define( 'WP_ENVIRONMENT_TYPE', 'local' );
define( 'WP_HTTP_BLOCK_EXTERNAL', true );
define( 'DISABLE_WP_CRON', true );
define( 'AUTOMATIC_UPDATER_DISABLED', true );
define( 'AUTH_KEY', 'a' );
define( 'SECURE_AUTH_KEY', 'b' );
define( 'LOGGED_IN_KEY', 'c' );
define( 'NONCE_KEY', 'd' );
define( 'AUTH_SALT', 'e' );
define( 'SECURE_AUTH_SALT', 'f' );
define( 'LOGGED_IN_SALT', 'g' );
define( 'NONCE_SALT', 'h' );
$table_prefix = 'wp_';
require_once ABSPATH . 'wp-settings.php';
