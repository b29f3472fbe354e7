/**
 * The checker in an application's own JUnit tests.
 *
 * <p>Begin with {@link dev.lastword.checker.junit.LastwordCheck}.
 */
@NullMarked
package dev.lastword.checker.junit;

import org.jspecify.annotations.NullMarked;
