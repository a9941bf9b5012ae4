import { byFeature, type Texts } from './texts'

export default byFeature(import.meta.glob<Texts>('../features/*/zh.ts', { eager: true, import: 'default' }))
