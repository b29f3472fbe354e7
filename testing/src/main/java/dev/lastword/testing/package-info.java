/**
 * The engine under simulation, and the kits that implementations are tested with.
 *
 * <p>Begin with {@link dev.lastword.testing.World}: a whole deployment in one thread, with a seed.
 */
@NullMarked
package dev.lastword.testing;

import org.jspecify.annotations.NullMarked;
