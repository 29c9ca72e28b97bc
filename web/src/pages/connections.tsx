import { useParams } from "react-router";

import { Connection } from "../connections/connection";
import { ConnectionList } from "../connections/list";

/** Connections, or one of them. */
export default function Connections() {
  const { id } = useParams();
  return id === undefined ? <ConnectionList /> : <Connection key={id} id={id} />;
}
