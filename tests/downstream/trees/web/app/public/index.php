<?php
file_put_contents('php://stderr', "a page says: hello\n");
echo 'PHP ', PHP_MAJOR_VERSION, ' for ', $_SERVER['SERVER_NAME'], ' as ', getenv('SITE'), "\n";
