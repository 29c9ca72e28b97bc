import * as RadixDialog from "@radix-ui/react-dialog";

import { SignInForm } from "./sign-in-form";
import { Dialog } from "../ui/overlays";
import { Sidebar } from "./sidebar";

/** Drawer on narrow screens, and sign-in over a page whose session has ended, which preserves its input. */
export default function Overlay({
  drawer,
  onDrawer,
  ended,
}: {
  drawer: boolean;
  onDrawer: (open: boolean) => void;
  ended: boolean;
}) {
  return (
    <>
      <RadixDialog.Root open={drawer} onOpenChange={onDrawer}>
        <RadixDialog.Portal>
          <div className="fixed inset-0 z-40 bg-black/45" aria-hidden />
          <RadixDialog.Content
            className="fixed inset-y-0 left-0 z-50 border-r border-line bg-surface pt-2 shadow-pop focus:outline-none"
            aria-describedby=""
          >
            <RadixDialog.Title className="sr-only">Pages</RadixDialog.Title>
            <Sidebar narrow={false} onGo={() => onDrawer(false)} />
          </RadixDialog.Content>
        </RadixDialog.Portal>
      </RadixDialog.Root>
      <Dialog
        open={ended}
        onOpenChange={() => undefined}
        dismissible={false}
        title="Your session has ended"
        description="Sign in to continue. Unsaved input is kept."
      >
        <SignInForm />
      </Dialog>
    </>
  );
}
