import { byFeature, type Texts } from './texts'

export default byFeature(import.meta.glob<Texts>('../features/*/en.ts', { eager: true, import: 'default' }))
