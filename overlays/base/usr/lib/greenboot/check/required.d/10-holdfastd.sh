#!/bin/sh
# The daemon answers. Its own verdict is not asked: that is what this run is about to give.
busctl --timeout=30 get-property org.holdfast.Box1 /org/holdfast/Box1 org.holdfast.Box1 Version
