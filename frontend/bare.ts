/** Pages without the frame need the styles and, for the person setting up, little else. */
import "./styles/index.css";
