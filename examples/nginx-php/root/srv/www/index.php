<?php
echo "answered by ", getmypid(), "\n";
