<?php echo 'a page of PHP for ', getenv('SITE'), "\n";
