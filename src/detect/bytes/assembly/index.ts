// The part of the matcher that sees every byte, in AssemblyScript: `npm run assemble` makes ../machine-code.ts of it.
export { candidateCount, fire } from './candidates';
export { setConstants } from './constants';
export { scanIndex } from './field-index';
export { scanGroup } from './group';
export { firstSlot, hashKey, loadEntry, setKeys } from './keys';
export { decide, heldCount, verify } from './programs';
export { findRoute, keepRoute } from './routes';
export { stepEdge } from './scans';
export { setSeenKeys } from './seen-keys';
export { resolveEscapes } from './text';
export { setPlaces, setStack, tokenize } from './tokenizer';
