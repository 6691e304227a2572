#!/bin/bash
echo "last words"
