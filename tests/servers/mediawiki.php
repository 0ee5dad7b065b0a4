<?php
// SPDX-License-Identifier: MIT
// mediawiki.php VERB FROM TO [SECONDS]: what tests/servers/mediawiki does to its
// wiki, by the wiki's own classes. MW_CONFIG_FILE is the wiki.

use MediaWiki\MediaWikiServices;

require_once '/usr/share/mediawiki/maintenance/Maintenance.php';

class Pages extends Maintenance {
	private $services, $db, $user;

	public function __construct() {
		parent::__construct();
		$this->addArg( 'verb', 'What to do' );
		$this->addArg( 'from', 'The first page' );
		$this->addArg( 'to', 'The last page' );
		$this->addArg( 'seconds', 'How old it is', false );
	}

	private static function name( $n ) {
		return "Page $n" . ( $n % 10 ? '' : ' – Größe & "Zahl"/Teil' );
	}

	private function page( $name ) {
		return $this->services->getWikiPageFactory()
			->newFromTitle( Title::newFromText( $name ) );
	}

	/** The page N under the name that it has now. */
	private function known( $n ) {
		$page = $this->page( self::name( $n ) );
		return $page->exists() && !$page->isRedirect() ? $page :
			$this->page( 'Moved ' . self::name( $n ) );
	}

	private function must( $status ) {
		if ( !$status->isGood() ) {
			$this->fatalError( $status->__toString() );
		}
	}

	private function change( $n ) {
		$text = "Page '''$n''' " . MWCryptRand::generateHex( 32 );
		$new = new WikitextContent( "$text\n[[Category:New]]" );
		$this->must( $this->known( $n )
			->doUserEditContent( $new, $this->user, "change $n" ) );
	}

	private function rename( $n ) {
		$page = $this->known( $n );
		$this->must( $this->services->getMovePageFactory()->newMovePage(
			$page->getTitle(), Title::newFromText( 'Moved ' . self::name( $n ) )
		)->move( $this->user, "rename $n" ) );
	}

	private function delete( $n ) {
		$this->must( $this->services->getDeletePageFactory()->newDeletePage(
			$this->known( $n ), $this->user
		)->forceImmediate( true )->deleteUnsafe( "delete $n" ) );
	}

	private function restore( $n ) {
		$this->must( $this->services->getUndeletePageFactory()
			->newUndeletePage( $this->page( self::name( $n ) ), $this->user )
			->undeleteUnsafe( "restore $n" ) );
	}

	private function late( $n ) {
		$this->change( $n );
		$then = $this->db->timestamp( time() - $this->getArg( 3 ) );
		$id = $this->known( $n )->getLatest();
		$this->db->update( 'revision', [ 'rev_timestamp' => $then ],
			[ 'rev_id' => $id ], __METHOD__ );
		$this->db->update( 'recentchanges', [ 'rc_timestamp' => $then ],
			[ 'rc_this_oldid' => $id ], __METHOD__ );
	}

	public function execute() {
		$this->services = MediaWikiServices::getInstance();
		$this->db = $this->getDB( DB_PRIMARY );
		$this->user = User::newSystemUser( 'Admin', [ 'steal' => false ] ) ?:
			User::newFromName( 'Admin' );
		$verb = $this->getArg( 0 );
		for ( $n = $this->getArg( 1 ); $n <= $this->getArg( 2 ); $n++ ) {
			$this->$verb( (int)$n );
		}
	}
}

$maintClass = Pages::class;
require_once RUN_MAINTENANCE_IF_MAIN;
