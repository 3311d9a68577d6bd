#!/usr/bin/env -S node --disallow-code-generation-from-strings --disable-proto=delete
import '../src/main.ts';
