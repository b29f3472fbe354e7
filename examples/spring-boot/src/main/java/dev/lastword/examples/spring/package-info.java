/** A chat on Spring Boot whose own row is the save. */
@NullMarked
package dev.lastword.examples.spring;

import org.jspecify.annotations.NullMarked;
