/// A model of what several nodes do with one stream, and the checker that walks through all of it.
@NullMarked
package dev.lastword.model;

import org.jspecify.annotations.NullMarked;
