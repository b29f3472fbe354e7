/** Server-Sent Events as WHATWG HTML §9.2 writes them: an event, a parser over bytes, a writer. */
@NullMarked
package dev.lastword.sse;

import org.jspecify.annotations.NullMarked;
