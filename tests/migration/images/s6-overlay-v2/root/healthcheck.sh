#!/bin/sh -e
exec test -e "/config/Library/up"
