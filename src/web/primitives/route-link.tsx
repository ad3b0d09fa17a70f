import type { ComponentProps, MouseEvent, ReactNode } from 'react';
import { goTo } from '../route.ts';

type RouteLinkProps = ComponentProps<'a'> & {
  readonly href: string;
  readonly children: ReactNode;
};

/** A link within the page. Opening it in another tab works as with any link. */
export function RouteLink({ href, children, ...rest }: RouteLinkProps) {
  const follow = (event: MouseEvent) => {
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
    if (!isPlain || event.altKey) return;
    event.preventDefault();
    goTo(href);
  };
  return (
    <a href={href} onClick={follow} {...rest}>
      {children}
    </a>
  );
}
