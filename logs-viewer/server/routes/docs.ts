// The documentation of what scripts may use: it shows the operator's library, so it is for those who are logged in.
import { HEADERS, refuse, sendFile } from '../answer.ts'
import { createDocsPages } from '../docs-pages.ts'
import type { Route } from '../route.ts'

export function docsRoutes(root: string): readonly Route[] {
  const docsPage = createDocsPages(root)
  return [
    {
      method: 'GET',
      path: '/docs',
      handle: ({ response }) => void response.writeHead(301, { ...HEADERS, location: '/docs/' }).end(),
    },
    {
      method: 'GET',
      path: '/docs/{page}',
      async handle({ request, response, name }) {
        const page = await docsPage(`/docs/${name}`)
        if (page === undefined) refuse(response, 404, 'Nothing of this name is documented')
        else sendFile(request, response, page)
      },
    },
  ]
}
