/** Pages without the frame need the styles and, for the person setting up or signing in, little else. */
import "./styles/index.css";
import "../src/enishi/platform/islands/copy-button";
import "../src/enishi/platform/islands/passkey-form";
