/** The scripted model behind {@code lastword demo}. */
@NullMarked
package dev.lastword.gateway.demo;

import org.jspecify.annotations.NullMarked;
