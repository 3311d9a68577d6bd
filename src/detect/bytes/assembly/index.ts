// The part of the matcher that sees every byte, in AssemblyScript: `npm run assemble` makes ../machine-code.ts of it.
export { firstSlot, hashKey, loadEntry, setKeys } from './keys';
export { setPlaces, setStack, tokenize } from './tokenizer';
