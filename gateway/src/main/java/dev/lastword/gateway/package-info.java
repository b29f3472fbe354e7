/** gateway. */
@NullMarked
package dev.lastword.gateway;

import org.jspecify.annotations.NullMarked;
