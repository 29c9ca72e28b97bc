import * as RadixDialog from "@radix-ui/react-dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";

import { IconButton } from "./button";
import { cx } from "./cx";

interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description?: ReactNode;
  children: ReactNode;
  /** False when it requires a choice. */
  dismissible?: boolean;
  wide?: boolean;
}

/** Modal dialog. It has its own backdrop, because Radix's adds a style element, which the content policy forbids. */
export function Dialog({ open, onOpenChange, title, description, children, dismissible = true, wide }: DialogProps) {
  const stay = (event: Event) => {
    if (!dismissible) event.preventDefault();
  };
  return (
    <RadixDialog.Root open={open} onOpenChange={onOpenChange}>
      <RadixDialog.Portal>
        <div className="fixed inset-0 z-40 bg-black/45" aria-hidden />
        <RadixDialog.Content
          className={cx(
            "fixed top-[max(16px,12vh)] left-1/2 z-50 flex max-h-[80vh] w-[calc(100vw-32px)] -translate-x-1/2 flex-col overflow-auto rounded-lg border border-line bg-surface shadow-pop focus:outline-none",
            wide ? "max-w-[640px]" : "max-w-[440px]",
          )}
          onEscapeKeyDown={stay}
          onPointerDownOutside={stay}
          onInteractOutside={stay}
          aria-describedby={description ? undefined : ""}
        >
          <header className="flex items-start gap-2 px-4 pt-3">
            <RadixDialog.Title className="flex-1 text-lg font-semibold">{title}</RadixDialog.Title>
            {dismissible && (
              <RadixDialog.Close asChild>
                <IconButton label="Close">
                  <X size={16} aria-hidden />
                </IconButton>
              </RadixDialog.Close>
            )}
          </header>
          <div className="flex flex-col gap-3 px-4 pt-1 pb-4">
            {description && <RadixDialog.Description className="text-ink-2">{description}</RadixDialog.Description>}
            {children}
          </div>
        </RadixDialog.Content>
      </RadixDialog.Portal>
    </RadixDialog.Root>
  );
}
