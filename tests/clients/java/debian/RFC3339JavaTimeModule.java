package org.openapitools.client;

import com.fasterxml.jackson.databind.module.SimpleModule;

/** Has nothing to add to the module beside it: stands where the generated one does, which needs Jackson's own module of dates and times. */
public final class RFC3339JavaTimeModule extends SimpleModule {
    private static final long serialVersionUID = 1L;
}
