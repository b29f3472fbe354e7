/** The places in what a person wrote, such as {@code {{run}}}, and the values that fill them. */
@NullMarked
package dev.lastword.checker.template;

import org.jspecify.annotations.NullMarked;
