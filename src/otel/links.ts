import type { Link, SpanContext } from '@opentelemetry/api'
import { ATTR_RELATION, type Relation } from './semconv.js'

/** A link to a span, saying what it is to this one. */
export function linkTo(context: SpanContext, relation: Relation): Link {
  return { context, attributes: { [ATTR_RELATION]: relation } }
}
