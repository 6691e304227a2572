#!/bin/sh
set-env mixed.name-x "two  words"
