/** A chat on the JDK's HTTP server, with the library. */
@NullMarked
package dev.lastword.examples.plain;

import org.jspecify.annotations.NullMarked;
