<?php
// SPDX-License-Identifier: MIT
// What tests/servers/wordpress does to the WordPress in the folder WORDPRESS, by
// its own functions: wordpress.php install | VERB FROM TO. In PHP's web server:
// what answers each request.

define( 'ABSPATH', getenv( 'WORDPRESS' ) . '/site/' );

if ( PHP_SAPI === 'cli-server' ) {
	$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = '/index.php';
	require ABSPATH . 'index.php';
	return;
}

function must( $done ) {
	if ( !$done || is_wp_error( $done ) ) {
		fwrite( STDERR, $done ? $done->get_error_message() . "\n" : "failed\n" );
		exit( 1 );
	}
}

function install() {
	require_once ABSPATH . 'wp-admin/includes/upgrade.php';
	wp_install( 'Site', 'admin', 'admin@example.org', true, '', 'adminpassword1' );
	update_option( 'permalink_structure', '/%postname%/' );
	$made = WP_Application_Passwords::create_new_application_password( 1,
		[ 'name' => 'test' ] );
	must( $made );
	echo $made[0], "\n";
}

/** In whatever state it is; the trash adds to the name. */
function post_id( $n ) {
	global $wpdb;
	return (int)$wpdb->get_var( "select id from wp_posts where post_name in (
		'post-$n', 'post-{$n}__trashed', 'moved-post-$n')" );
}

function work( $verb, $n ) {
	$id = post_id( $n );
	switch ( $verb ) {
		case 'change':
			return wp_update_post( [ 'ID' => $id, 'post_content' =>
				"<p>Changed $n: " . wp_generate_uuid4() . '</p>' ], true );
		case 'rename':
			return wp_update_post( [ 'ID' => $id, 'post_title' => "Moved $n",
				'post_name' => "moved-post-$n" ], true );
		case 'delete':
			return wp_trash_post( $id );
		case 'hide':
			return wp_update_post( [ 'ID' => $id, 'post_status' => 'private' ],
				true );
		case 'restore':
			if ( get_post_status( $id ) === 'trash' ) {
				must( wp_untrash_post( $id ) );
			}
			return wp_update_post( [ 'ID' => $id, 'post_status' => 'publish' ],
				true );
	}
}

if ( $argv[1] === 'install' ) {
	define( 'WP_INSTALLING', true );
}
require ABSPATH . 'wp-load.php';
if ( $argv[1] === 'install' ) {
	install();
	return;
}
wp_set_current_user( 1 );
for ( $n = (int)$argv[2]; $n <= (int)$argv[3]; $n++ ) {
	must( work( $argv[1], $n ) );
}
