/**
 * A Spring application as its documentation suggests it, for figures with the starter and without.
 */
@NullMarked
package dev.lastword.bench.spring;

import org.jspecify.annotations.NullMarked;
